# Fuzzers, by hand:  make fuzz [FUZZ_SECONDS=30] [FUZZERS="json treeptr"]
# clang with libFuzzer; t/fuzz/fuzz-NAME.c, seeds from t/fuzz/NAME/ where it
# is there.  What was found stays in $(B)/fuzz/NAME.
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 30
FUZZERS ?= $(patsubst t/fuzz/fuzz-%.c,%,$(wildcard t/fuzz/fuzz-*.c))
FUZZ_CFLAGS = -std=gnu11 -pthread $(WARN) $(DEFS) -Ilib -I. -O1 -g \
	-fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=fuzzer-no-link,address,undefined
FUZZ_OBJ = $(patsubst %.c,$(B)/fuzz-obj/%.o,$(LIB_SRC))

$(B)/fuzz-obj/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/fuzz/libmedo.a: $(FUZZ_OBJ)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/fuzz/fuzz-%: $(B)/fuzz-obj/t/fuzz/fuzz-%.o $(B)/fuzz/libmedo.a
	$(FUZZ_CC) -pthread -fsanitize=fuzzer,address,undefined -o $@ $^ \
		$(LIBS_FULL)

-include $(patsubst %.o,%.d,$(FUZZ_OBJ)) $(wildcard $(B)/fuzz-obj/t/fuzz/*.d)

fuzz-build: $(patsubst %,$(B)/fuzz/fuzz-%,$(FUZZERS))

fuzz: fuzz-build
	for name in $(FUZZERS); do \
		mkdir -p $(B)/fuzz/$$name && \
		seeds=; test ! -d t/fuzz/$$name || seeds=t/fuzz/$$name; \
		dict=; test ! -f t/fuzz/$$name.dict || \
			dict=-dict=t/fuzz/$$name.dict; \
		$(B)/fuzz/fuzz-$$name -max_total_time=$(FUZZ_SECONDS) \
			-print_final_stats=1 -verbosity=0 $$dict \
			-artifact_prefix=$(B)/fuzz/$$name- \
			$(B)/fuzz/$$name $$seeds || exit 1; \
	done

.PHONY: fuzz fuzz-build
.SECONDARY: $(patsubst %,$(B)/fuzz-obj/t/fuzz/fuzz-%.o,$(FUZZERS))
