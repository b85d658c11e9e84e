/*
 * The one table of commands, sorted; completion, help and dispatch come from
 * it.  LIGHT ones live in the program that git starts all the time; FULL ones
 * in git-medo--full, which links what takes milliseconds to load.
 * CMD(name, function, LIGHT or FULL, summary)
 */
CMD("add", cmd_add, FULL, "put a tree, file or archive into the store")
CMD("allow", cmd_allow, LIGHT, "say which silos SILO.json may name")
CMD("cat", cmd_cat, FULL, "print a file of a tree, or a whole blob")
CMD("diff", cmd_diff, FULL, "show what changed between two trees")
CMD("expand", cmd_expand, FULL, "make trees out of treeptrs")
CMD("fetch", cmd_fetch, FULL, "bring blobs from silos into the cache")
CMD("hook", cmd_hook, LIGHT, "what the hooks that install made call")
CMD("init", cmd_init, LIGHT, "make a medo: a directory with SILO.json")
CMD("install", cmd_install, LIGHT, "let git call us: filter, hooks, drivers")
CMD("ls", cmd_ls, FULL, "list what is in a tree")
CMD("prune", cmd_prune, FULL, "free room in cache and store")
CMD("push", cmd_push, FULL, "put blobs from the store into the silos")
CMD("reachable", cmd_reachable, FULL, "list the blobs that pointers name")
CMD("silo", cmd_silo, FULL, "look after a silo itself")
CMD("status", cmd_status, LIGHT, "show which blobs are not simply in order")
CMD("sync", cmd_sync, FULL, "expand what MEDO.json mounts")
CMD("uninstall", cmd_uninstall, LIGHT, "take out what install put in")
CMD("url-for", cmd_url_for, LIGHT, "print where a blob can be downloaded")
CMD("verify", cmd_verify, FULL, "check pointers, blobs and expanded trees")
