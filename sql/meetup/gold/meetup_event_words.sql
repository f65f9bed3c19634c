/*
description: >-
  The words in the titles of the events held, month by month: gold.meetup_title_words, which says what a word is, summed
  up. Words of fewer than two events in all are not there.
grain: one row a month and word
columns:
  month_start: {type: date, description: "First day of the month of the event's day, where the group is."}
  word: {type: text, description: "The word, in lower case."}
  events: {type: integer, description: "Events held that have it in the title, once or more."}
  yes_rsvps: {type: bigint, description: "Who said yes to them; 0 for those not told."}
checks:
  - unique: [month_start, word]
  - not_null: [month_start, word, events, yes_rsvps]
  - expression: "events > 0 and yes_rsvps >= 0"
    name: every_word_has_an_event
*/
select
    cast(date_trunc('month', local_date) as date) as month_start,
    word,
    cast(count(*) as integer) as events,
    cast(sum(yes_rsvps) as bigint) as yes_rsvps
from gold.meetup_title_words
group by cast(date_trunc('month', local_date) as date), word
