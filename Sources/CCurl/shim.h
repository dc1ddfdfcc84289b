#ifndef PORTICO_CCURL_SHIM_H
#define PORTICO_CCURL_SHIM_H

#include <curl/curl.h>

// Swift cannot call variadic functions: one inline wrapper for each type of argument.

static inline CURLcode portico_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode portico_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode portico_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

typedef size_t (*portico_curl_transfer)(char *buffer, size_t size, size_t count, void *context);

static inline CURLcode portico_curl_set_transfer(
    CURL *handle, CURLoption option, portico_curl_transfer value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode portico_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

#endif
