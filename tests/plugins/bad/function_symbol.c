/* The symbol is there, but it is no table. */
__attribute__((visibility("default"))) int streamhost_plugin(void) { return 42; }
