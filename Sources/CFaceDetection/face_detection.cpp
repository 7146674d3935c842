// Without the package trait this file is empty, so that nobody else needs OpenCV.
#ifdef FIGMENT_OPENCV

#include "face_detection.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <opencv2/core.hpp>
#include <opencv2/objdetect.hpp>

struct FaceCascade {
  cv::CascadeClassifier classifier;
};

namespace {

void require(bool holds, const char *problem) {
  if (!holds) throw std::runtime_error(problem);
}

bool isNumber(const cv::FileNode &node) { return node.isInt() || node.isReal(); }

int number(const cv::FileNode &node, int low, int high, const char *problem) {
  require(isNumber(node), problem);
  double value = double(node);
  require(value >= low && value <= high, problem);
  return int(value);
}

// A rectangle within the window, `x y width height`, repeated so many times each way.
void checkRectangle(const cv::FileNode &rect, size_t count, int width, int height, int repeats) {
  require(rect.isSeq() && rect.size() == count, "a feature's rectangle has too few or too many numbers");
  int x = number(rect[0], 0, width, "a feature lies outside of the window");
  int y = number(rect[1], 0, height, "a feature lies outside of the window");
  int w = number(rect[2], 0, width, "a feature lies outside of the window");
  int h = number(rect[3], 0, height, "a feature lies outside of the window");
  require(x + repeats * w <= width && y + repeats * h <= height, "a feature lies outside of the window");
}

// A tilted rectangle reaches to the left and down from its place.
void checkTilted(const cv::FileNode &rect, int width, int height) {
  require(rect.isSeq() && rect.size() == 5, "a feature's rectangle has too few or too many numbers");
  int x = number(rect[0], 0, width, "a feature lies outside of the window");
  int y = number(rect[1], 0, height, "a feature lies outside of the window");
  int w = number(rect[2], 0, width, "a feature lies outside of the window");
  int h = number(rect[3], 0, height, "a feature lies outside of the window");
  require(x - h >= 0 && x + w <= width && y + w + h <= height, "a feature lies outside of the window");
}

void checkFeatures(const cv::FileNode &features, bool isHaar, int width, int height) {
  for (const cv::FileNode &feature : features) {
    require(feature.isMap(), "a feature has no rectangles");
    if (!isHaar) {
      checkRectangle(feature["rect"], 4, width, height, 3);
      continue;
    }
    cv::FileNode rects = feature["rects"], tilted = feature["tilted"];
    require(rects.isSeq() && rects.size() >= 1 && rects.size() <= 3, "a feature has no rectangles, or more than three");
    bool isTilted = !tilted.empty() && number(tilted, 0, 1, "a feature's “tilted” is neither 0 nor 1") == 1;
    for (const cv::FileNode &rect : rects) {
      if (isTilted) checkTilted(rect, width, height); else checkRectangle(rect, 5, width, height, 1);
      require(isNumber(rect[4]), "a rectangle has no weight");
    }
  }
}

// A tree: `left right feature`, then a threshold or a set of bits, for each node; children that are no nodes are leaves.
void checkTree(const cv::FileNode &tree, int numbers, int features, int deepest) {
  require(tree.isMap(), "a stage has something that is no tree");
  cv::FileNode nodes = tree["internalNodes"], leaves = tree["leafValues"];
  require(nodes.isSeq() && leaves.isSeq() && nodes.size() > 0 && nodes.size() % numbers == 0, "a tree has no nodes");
  int count = int(nodes.size()) / numbers;
  require(count <= deepest && int(leaves.size()) == count + 1, "a tree's leaves do not fit its nodes");
  auto place = nodes.begin();
  for (int node = 0; node < count; node++) {
    for (int part = 0; part < numbers; part++, ++place) {
      require(isNumber(*place), "a tree has something that is no number");
      if (part < 2) {
        int child = number(*place, -count, count - 1, "a tree's node has no such child");
        require(child <= 0 || child > node, "a tree's node is below itself");
      } else if (part == 2) {
        number(*place, 0, features - 1, "a tree asks for a feature that is not there");
      }
    }
  }
  for (const cv::FileNode &leaf : leaves) require(isNumber(leaf), "a leaf is no number");
}

// OpenCV takes the numbers of a cascade as they are, and reads wherever they point to.
void check(const cv::FileNode &cascade) {
  require(cascade.isMap(), "it has no “cascade”");
  auto text = [&](const char *name) { return cascade[name].isString() ? std::string(cascade[name]) : std::string(); };
  bool isHaar = text("featureType") == "HAAR";
  require(text("stageType") == "BOOST", "its stages are not boosted");
  require(isHaar || text("featureType") == "LBP", "its features are neither HAAR nor LBP");
  int width = number(cascade["width"], 4, 256, "its width is not between 4 and 256");
  int height = number(cascade["height"], 4, 256, "its height is not between 4 and 256");
  cv::FileNode categories = cascade["featureParams"]["maxCatCount"];
  require(
      number(categories, 0, 256, "it does not say how many categories a feature has") == (isHaar ? 0 : 256),
      "its features have an impossible number of categories");
  cv::FileNode features = cascade["features"], stages = cascade["stages"];
  require(features.isSeq() && features.size() > 0 && features.size() <= 100000, "it has no features");
  require(stages.isSeq() && stages.size() > 0 && stages.size() <= 1000, "it has no stages");
  checkFeatures(features, isHaar, width, height);
  for (const cv::FileNode &stage : stages) {
    require(stage.isMap() && isNumber(stage["stageThreshold"]), "a stage has no threshold");
    cv::FileNode trees = stage["weakClassifiers"];
    require(trees.isSeq() && trees.size() > 0 && trees.size() <= 10000, "a stage has no trees");
    for (const cv::FileNode &tree : trees) checkTree(tree, isHaar ? 4 : 11, int(features.size()), 1000);
  }
}

void tell(char *message, size_t capacity, const char *text) {
  std::snprintf(message, capacity, "%s", text);
  // OpenCV's messages have several lines.
  std::replace(message, message + std::min(capacity, std::char_traits<char>::length(message)), '\n', ' ');
}

}  // namespace

FaceCascade *face_cascade_read(const char *xml, char *message, size_t capacity) {
  try {
    // Pictures are looked at by several threads, each by one.
    cv::setNumThreads(1);
    cv::FileStorage storage(xml, cv::FileStorage::READ | cv::FileStorage::MEMORY | cv::FileStorage::FORMAT_XML);
    require(storage.isOpened(), "it is no XML");
    cv::FileNode root = storage.getFirstTopLevelNode();
    check(root);
    auto *cascade = new FaceCascade;
    if (cascade->classifier.read(root)) return cascade;
    delete cascade;
    tell(message, capacity, "OpenCV cannot use it");
  } catch (const std::exception &error) {
    tell(message, capacity, error.what());
  } catch (...) {
    tell(message, capacity, "OpenCV fails for an unknown reason");
  }
  return nullptr;
}

int face_cascade_find(
    FaceCascade *cascade, const uint8_t *pixels, int width, int height, int smallest, FaceRectangle *found, int limit,
    char *message, size_t capacity) {
  try {
    const cv::Mat picture(height, width, CV_8UC1, const_cast<uint8_t *>(pixels));
    std::vector<cv::Rect> faces;
    cascade->classifier.detectMultiScale(picture, faces, 1.1, 3, 0, cv::Size(smallest, smallest));
    int count = std::min(int(faces.size()), limit);
    for (int i = 0; i < count; i++) found[i] = {faces[i].x, faces[i].y, faces[i].width, faces[i].height};
    return count;
  } catch (const std::exception &error) {
    tell(message, capacity, error.what());
  } catch (...) {
    tell(message, capacity, "OpenCV fails for an unknown reason");
  }
  return -1;
}

void face_cascade_free(FaceCascade *cascade) { delete cascade; }

#endif
