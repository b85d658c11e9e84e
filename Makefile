# silo and medo.  `make quickstart` and `make test` do all set-up; the rest:
#   make            programs into $(B)
#   make install prefix=/usr/local
#   make check      static checks
#   make SANITIZE=address,undefined B=build-asan test-only
# Settings: CC CFLAGS prefix DESTDIR B SANITIZE WERROR
B ?= build
prefix ?= /usr/local
CC ?= gcc
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow \
	-Wwrite-strings -Wpointer-arith -Wvla -Wundef
WERROR ?=
SANITIZE ?=

-include config.mak

all: programs

include mk/build.mk
-include mk/fuzz.mk
include mk/deps.mk
include mk/test.mk
include mk/install.mk

.PHONY: all
