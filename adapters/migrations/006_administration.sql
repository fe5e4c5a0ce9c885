-- What was administered: the few events that are of none of many tickets and residents, by position.
CREATE INDEX administration ON log.events (position)
    WHERE split_part(topic, '.', 1)
          IN ('account', 'calendar', 'catalogue', 'hours', 'receiver', 'terms', 'unit');
