-- A short text, or none.
create temp macro pulse_short(words) as
  case when length(trim(words)) between 1 and 100 then trim(words) end
