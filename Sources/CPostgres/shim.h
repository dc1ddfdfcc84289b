#ifndef PORTICO_CPOSTGRES_SHIM_H
#define PORTICO_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

#endif
