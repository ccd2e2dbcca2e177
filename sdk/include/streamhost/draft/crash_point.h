/* A draft extension, for tests of what a crash leaves behind: a plugin names the points of its work
 * at which the host may kill the process.
 *
 *   const sh_crash_point *crash = host->get_extension(SH_CRASH_POINT_DRAFT_1);
 *   if (crash != NULL) crash->pass(ctx, "acme_sent");
 *
 * With STREAMHOST_TEST_CRASH=acme_sent:3 in the environment the third pass is the last. Drafts may
 * change or go with any version. */
#ifndef STREAMHOST_DRAFT_CRASH_POINT_H
#define STREAMHOST_DRAFT_CRASH_POINT_H

#include <streamhost/abi/host.h>

#define SH_CRASH_POINT_DRAFT_1 "streamhost.crash_point/draft/1"

typedef struct sh_crash_point {
  uint32_t struct_size;
  uint32_t reserved;
  /* Costs a branch when no such point is asked for. [any thread] */
  void (*pass)(sh_context *ctx, const char *point);
} sh_crash_point;

#endif
