# SPDX-License-Identifier: Apache-2.0
# Verbs in front of Meson; all real work is in meson.build and tools/.
all: ; @tools/build build
run: ; @./run
check test: ; @./test
lint: ; @tools/lint
fuzz: ; @tools/fuzz
bench: ; @./bench
install: all ; @DESTDIR=$(DESTDIR) meson install -C build --no-rebuild
clean: ; @rm -rf build build-test build-fuzz
.PHONY: all run check test lint fuzz bench install clean
