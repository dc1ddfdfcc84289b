#ifndef PORTICO_CSODIUM_SHIM_H
#define PORTICO_CSODIUM_SHIM_H

#include <sodium.h>

#endif
