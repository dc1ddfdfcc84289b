// portico-cms
