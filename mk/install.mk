# Pages, completion, installation.
bindir = $(prefix)/bin
mandir = $(prefix)/share/man
bashdir = $(prefix)/share/bash-completion/completions
zshdir = $(prefix)/share/zsh/site-functions
fishdir = $(prefix)/share/fish/vendor_completions.d
ASCIIDOCTOR = $(shell command -v asciidoctor)

# A page is Documentation/NAME.N.adoc; a command's is in section 1.
PAGES = $(notdir $(wildcard Documentation/*.[1-8].adoc))
MAN = $(PAGES:%.adoc=$(B)/man/%)

$(B)/man/%: Documentation/%.adoc
	@mkdir -p $(@D)
	$(ASCIIDOCTOR) -b manpage --failure-level=WARN -a reproducible -o $@ $<

ifneq ($(ASCIIDOCTOR),)
man: $(MAN)
else
man:
	@echo "no asciidoctor: the man pages are left out"
endif

# Completion is made from what the program says of itself.
COMPLETION = $(B)/completion/git-medo.bash $(B)/completion/_git-medo \
	$(B)/completion/git-medo.fish
$(COMPLETION) &: completion/generate.sh $(wildcard completion/*.in) \
		$(PROGRAMS)
	@mkdir -p $(B)/completion
	sh completion/generate.sh $(B)/bin/git-medo $(B)/completion
completion: $(COMPLETION)

install: programs man completion
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(bashdir) \
		$(DESTDIR)$(zshdir) $(DESTDIR)$(fishdir)
	install -m 755 $(B)/bin/git-medo $(B)/bin/git-medo--full \
		$(DESTDIR)$(bindir)
	for name in medo silo; do \
		ln -sf git-medo $(DESTDIR)$(bindir)/$$name || exit 1; done
	for page in $(PAGES:%.adoc=%); do \
		test -f $(B)/man/$$page || continue; \
		dir=$(DESTDIR)$(mandir)/man$${page##*.}; \
		install -d $$dir && install -m 644 $(B)/man/$$page $$dir || \
		exit 1; done
	for name in git-medo medo silo; do \
		install -m 644 $(B)/completion/git-medo.bash \
			$(DESTDIR)$(bashdir)/$$name || exit 1; done
	install -m 644 $(B)/completion/_git-medo $(DESTDIR)$(zshdir)
	for name in git-medo medo silo; do \
		install -m 644 $(B)/completion/git-medo.fish \
			$(DESTDIR)$(fishdir)/$$name.fish || exit 1; done

uninstall:
	cd $(DESTDIR)$(bindir) && rm -f git-medo git-medo--full medo silo
	cd $(DESTDIR)$(mandir) && rm -f $(foreach page,$(PAGES:%.adoc=%), \
		man$(lastword $(subst ., ,$(page)))/$(page))
	cd $(DESTDIR)$(bashdir) && rm -f git-medo medo silo
	cd $(DESTDIR)$(zshdir) && rm -f _git-medo
	cd $(DESTDIR)$(fishdir) && rm -f git-medo.fish medo.fish silo.fish

.PHONY: man completion install uninstall
