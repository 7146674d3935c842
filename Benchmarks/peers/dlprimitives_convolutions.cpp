// Single convolutions and their gradients by dlprimitives on the first OpenCL device, timed: the same lines in and out
// as convolutions.py, but only for two dimensions: dlprimitives has no others.
// Build: c++ -O2 dlprimitives_convolutions.cpp -IDLPRIMITIVES/include -IDLPRIMITIVES/build -LDLPRIMITIVES/build
//   -Wl,-rpath,DLPRIMITIVES/build -ldlprim_core -lOpenCL
#include <dlprim/core/conv.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <random>
#include <regex>
#include <string>
#include <vector>

namespace {

/// The median of at least three runs, which together take `seconds`, after two that warm up.
double median_seconds(const std::function<void()> &run, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < 5 || since(start) < seconds) {
    const auto began = Clock::now();
    run();
    times.push_back(since(began));
  }
  std::sort(times.begin() + 2, times.end());
  return times[2 + (times.size() - 2) / 2];
}

/// Its own random numbers do not build everywhere.
dlprim::Tensor random(dlprim::Context &context, const dlprim::ExecutionContext &queue, const dlprim::Shape &shape) {
  dlprim::Tensor tensor(context, shape);
  std::minstd_rand generator;
  std::generate_n(tensor.data<float>(), shape.total_size(), std::bind(std::uniform_real_distribution<float>(), generator));
  tensor.to_device(queue);
  return tensor;
}

}  // namespace

int main() {
  const std::regex form(
    "(?:.* )?(forward|input gradient|filter gradient) (\\d+)×(\\d+)×(\\d+)×(\\d+) → (\\d+)×(\\d+)×(\\d+) k(\\d+)(?: s(\\d+))?");
  dlprim::Context context("0:0");
  dlprim::ExecutionContext queue = context.make_execution_context();
  std::string algorithm = "auto";
  for (std::string line; std::getline(std::cin, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, form)) continue;
    const auto number = [&](int group) { return match[group].matched ? std::stoi(match[group]) : 1; };
    const int batch = number(2), channels = number(5), filters = number(8), kernel = number(9), stride = number(10);
    dlprim::Convolution2DConfigBase configuration;
    configuration.channels_in = channels;
    configuration.channels_out = filters;
    for (int axis = 0; axis < 2; axis++) {
      const int spread = (number(6 + axis) - 1) * stride + kernel - number(3 + axis);
      configuration.kernel[axis] = kernel;
      configuration.stride[axis] = stride;
      // Both ends are padded alike: where an odd number is wanted, one more makes no other output.
      configuration.pad[axis] = std::max(0, (spread + 1) / 2);
    }
    const dlprim::Shape shape(batch, channels, number(3), number(4)), result(batch, filters, number(6), number(7));
    const dlprim::core::Conv2DSettings settings(configuration, shape, dlprim::float_data);
    if (dlprim::core::Conv2DBase::get_output_shape(settings, shape) != result) {
      std::cerr << line << ": dlprimitives' output has another shape\n";
      return 1;
    }
    dlprim::Tensor x = random(context, queue, shape), y = random(context, queue, result);
    dlprim::Tensor filter = random(context, queue, dlprim::Shape(filters, channels, kernel, kernel));
    const std::string kind = match[1];
    std::unique_ptr<dlprim::core::Conv2DBase> convolution;
    std::function<void(dlprim::Tensor &)> enqueue;
    const auto make = [&] {
      if (kind == "forward") {
        const auto identity = dlprim::StandardActivations::identity;
        auto forward = dlprim::core::Conv2DForward::create(context, settings, false, identity, algorithm);
        enqueue = [&, own = forward.get()](auto &scratch) { own->enqueue(x, filter, nullptr, y, scratch, 0, queue); };
        convolution = std::move(forward);
      } else if (kind == "input gradient") {
        auto gradient = dlprim::core::Conv2DBackwardData::create(context, settings, algorithm);
        enqueue = [&, own = gradient.get()](auto &scratch) { own->enqueue(x, filter, y, scratch, 0, queue); };
        convolution = std::move(gradient);
      } else {
        auto gradient = dlprim::core::Conv2DBackwardFilter::create(context, settings, algorithm);
        enqueue = [&, own = gradient.get()](auto &scratch) { own->enqueue(x, filter, y, scratch, 0, queue); };
        convolution = std::move(gradient);
      }
    };
    try {
      make();
    } catch (const dlprim::BuildError &) {
      if (algorithm == "gemm") throw;
      std::cerr << "dlprimitives: Winograd's kernels do not build on this device, those of the matrix product are timed\n";
      algorithm = "gemm";
      make();
    }
    dlprim::Tensor scratch;
    if (convolution->workspace()) {
      scratch = dlprim::Tensor(context, dlprim::Shape(convolution->workspace()), dlprim::uint8_data);
    }
    const double seconds = median_seconds([&] { enqueue(scratch), queue.finish(); }, 0.3);
    std::printf("{\"name\": \"%s\", \"median_ms\": %.4f}\n", line.c_str(), 1e3 * seconds);
    std::fflush(stdout);
  }
}
