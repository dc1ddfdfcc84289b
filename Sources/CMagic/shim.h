#ifndef PORTICO_CMAGIC_SHIM_H
#define PORTICO_CMAGIC_SHIM_H

#include <magic.h>

#endif
