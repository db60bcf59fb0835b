B
sigmoid.i8Jk€€f‚L‡c~z€QG¤