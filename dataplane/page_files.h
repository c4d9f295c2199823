/*
 * The files of the page, which page/embed.sh makes part of the program.
 * Between page/, and net_http.c, which serves them.
 */
#ifndef DATAPLANE_PAGE_FILES_H
#define DATAPLANE_PAGE_FILES_H

#include "http.h"

/* All of them, in no order. */
extern const struct http_file page_files[];
extern const size_t page_file_count;

#endif
