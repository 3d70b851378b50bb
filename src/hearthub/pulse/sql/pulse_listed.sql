-- Short texts, each once, sorted.
create temp macro pulse_listed(words) as
  list_slice(list_sort(list_distinct(list_filter(
    list_transform(words, lambda w: trim(w)), lambda w: length(w) between 1 and 100))), 1, 100)
