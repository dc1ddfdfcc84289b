#ifndef PORTICO_CCURL_SHIM_H
#define PORTICO_CCURL_SHIM_H

#include <curl/curl.h>

#endif
