"""Records that arrive one call at a time: read in bulk, judged by the rules of files, and written together."""
