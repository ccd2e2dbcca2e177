/* A shared object, but of something else. */
int something_else(void) { return 42; }
