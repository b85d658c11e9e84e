# Pages, completion, installation.
ASCIIDOCTOR = $(shell command -v asciidoctor)

# A page is Documentation/NAME.SECTION.adoc.
PAGES = $(notdir $(wildcard Documentation/*.[1-8].adoc))
MAN = $(PAGES:%.adoc=$(B)/man/%)

$(B)/man/%: Documentation/%.adoc
	@mkdir -p $(@D)
	@echo "  man      $(@F)"
	@$(ASCIIDOCTOR) -b manpage --failure-level=WARN -a reproducible \
		-o $@ $<

ifneq ($(ASCIIDOCTOR),)
man: $(MAN)
else
man:
	@echo "no asciidoctor: the man pages are left out"
endif

# Completion is made from what the program says of itself.
$(B)/completion/git-medo.bash: $(wildcard completion/*) \
		$(BIN)/git-medo $(BIN)/git-medo--full
	@echo "  complete bash, zsh, fish"
	@sh completion/generate.sh $(B)/bin/git-medo $(B)/completion
completion: $(B)/completion/git-medo.bash

INSTALL = B='$(B)' prefix='$(prefix)' DESTDIR='$(DESTDIR)' mk/install.sh
install: programs man completion
	@$(INSTALL)
uninstall:
	@$(INSTALL) --remove

.PHONY: man completion install uninstall
