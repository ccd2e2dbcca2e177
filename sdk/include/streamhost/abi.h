/* The whole plugin ABI of streamhost, in reading order. C99 and C++11 or later. */
#ifndef STREAMHOST_ABI_H
#define STREAMHOST_ABI_H

#include <streamhost/abi/base.h>
#include <streamhost/abi/record.h>
#include <streamhost/abi/host.h>
#include <streamhost/abi/option.h>
#include <streamhost/abi/source.h>
#include <streamhost/abi/operator.h>
#include <streamhost/abi/keyed.h>
#include <streamhost/abi/sink.h>
#include <streamhost/abi/aggregate.h>
#include <streamhost/abi/plugin.h>

#endif
