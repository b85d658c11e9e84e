# `make V=1` shows the commands in full.
Q = $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' $(1) '$(2)')

# Compile and link.  Optional libraries are found by pkg-config; a feature
# whose library is missing is left out with a word.
PKGS_OPTIONAL = libisal libzstd liblzma expat
have = $(shell pkg-config --exists $(1) 2>/dev/null && echo 1)
HAVE_ISAL := $(call have,libisal)
HAVE_ZSTD := $(call have,libzstd)
HAVE_LZMA := $(call have,liblzma)
HAVE_EXPAT := $(call have,expat)
HAVE_BZ2 := $(shell printf '\043include <bzlib.h>\n' | \
	$(CC) -E - >/dev/null 2>&1 && echo 1)

DEFS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DOPENSSL_API_COMPAT=0x10101000L \
	$(if $(HAVE_ISAL),-DHAVE_ISAL=1) $(if $(HAVE_ZSTD),-DHAVE_ZSTD=1) \
	$(if $(HAVE_LZMA),-DHAVE_LZMA=1) $(if $(HAVE_BZ2),-DHAVE_BZ2=1) \
	$(if $(HAVE_EXPAT),-DHAVE_EXPAT=1)
SAN_FLAGS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all)
ALL_CFLAGS = -std=gnu11 -pthread $(WARN) $(if $(WERROR),-Werror) $(DEFS) \
	-Ilib -I. $(SAN_FLAGS) $(CFLAGS)
ALL_LDFLAGS = -pthread -Wl,--as-needed $(SAN_FLAGS) $(LDFLAGS)

LIBS_LIGHT = -lcjson -ldeflate -lz -lcrypto \
	$(if $(HAVE_ISAL),-lisal) $(if $(HAVE_ZSTD),-lzstd) \
	$(if $(HAVE_LZMA),-llzma) $(if $(HAVE_BZ2),-lbz2)
LIBS_FULL = $(LIBS_LIGHT) -lgit2 -lcurl -lssh2 $(if $(HAVE_EXPAT),-lexpat)
# The light program has no network: only here backend_far() is taken in.
FAR = -Wl,-u,backend_far

LIB_SRC := $(wildcard lib/*/*.c)
CMD_SRC := $(wildcard git-medo/*.c)
TOOL_SRC := $(wildcard t/helper/*.c)
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB_OBJ := $(call obj,$(LIB_SRC))
LIBMEDO = $(B)/libmedo.a

# Depends on the flags, so that a change of them rebuilds.
FLAGS_FILE = $(B)/flags
FLAGS_TEXT = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(shell mkdir -p $(B); printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' \
	>$(FLAGS_FILE).new; cmp -s $(FLAGS_FILE).new $(FLAGS_FILE) || \
	mv $(FLAGS_FILE).new $(FLAGS_FILE); rm -f $(FLAGS_FILE).new)

$(B)/obj/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call say,compile,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIBMEDO): $(LIB_OBJ)
	$(call say,archive,$(@F))
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(call obj,$(CMD_SRC) $(TOOL_SRC)))

# Two programs out of one main.c: what git starts all the time, and the rest.
LIGHT_CMDS = main out init allow url_for status hook hookfile hookfile_put \
	install settings uninstall filter_process clean smudge attributes \
	track untrack status_filtered fix
LIGHT_OBJ = $(patsubst %,$(B)/obj/light/%.o,$(LIGHT_CMDS))
FULL_OBJ = $(call obj,$(CMD_SRC))
BIN = $(B)/bin

$(B)/obj/light/%.o: git-medo/%.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call say,compile,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -DMEDO_LIGHT -MMD -MP -c -o $@ $<

programs: $(BIN)/git-medo $(BIN)/git-medo--full $(BIN)/medo $(BIN)/silo \
	$(BIN)/git-remote-silo

$(BIN)/git-medo: $(LIGHT_OBJ) $(LIBMEDO)
	@mkdir -p $(@D)
	$(call say,link,$(@F))
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(LIGHT_OBJ) $(LIBMEDO) $(LIBS_LIGHT)

$(BIN)/git-medo--full: $(FULL_OBJ) $(LIBMEDO)
	@mkdir -p $(@D)
	$(call say,link,$(@F))
	$(Q)$(CC) $(ALL_LDFLAGS) $(FAR) -o $@ $(FULL_OBJ) $(LIBMEDO) $(LIBS_FULL)

# git's helper for silo:: URLs.
REMOTE_OBJ = $(call obj,$(wildcard git-remote-silo/*.c))
$(BIN)/git-remote-silo: $(REMOTE_OBJ) $(LIBMEDO)
	@mkdir -p $(@D)
	$(call say,link,$(@F))
	$(Q)$(CC) $(ALL_LDFLAGS) $(FAR) -o $@ $(REMOTE_OBJ) $(LIBMEDO) $(LIBS_FULL)

$(BIN)/medo $(BIN)/silo: $(BIN)/git-medo
	$(Q)ln -sf git-medo $@

-include $(LIGHT_OBJ:.o=.d) $(REMOTE_OBJ:.o=.d)

tool: $(B)/test-tool
$(B)/test-tool: $(call obj,$(TOOL_SRC)) $(LIBMEDO)
	$(call say,link,$(@F))
	$(Q)$(CC) $(ALL_LDFLAGS) $(FAR) -o $@ $(call obj,$(TOOL_SRC)) $(LIBMEDO) $(LIBS_FULL)

clean:
	rm -rf build build-*

.PHONY: tool clean programs
