/* The commands of `silo`: SILO_CMD(name, function, summary) */
SILO_CMD("copy", silo_copy_cmd, "copy blobs of one silo into another")
SILO_CMD("info", silo_info, "print what a silo is and holds")
SILO_CMD("init", silo_init, "make an empty silo")
SILO_CMD("log", silo_log_cmd, "print its ledger, or a repository's")
SILO_CMD("ls", silo_ls, "list its blobs")
SILO_CMD("verify", silo_verify_cmd, "read all of it and compare with the names")
