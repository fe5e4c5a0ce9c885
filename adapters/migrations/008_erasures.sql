-- Whose personal data stand in the log, and whose were erased: `whistle verify` compares both with the keys there are.
CREATE INDEX events_with_personal_data ON log.events ((metadata #>> '{personal,resident}')) WHERE metadata ? 'personal';
CREATE INDEX erasures ON log.events (originator_id) WHERE topic = 'resident.erased';
