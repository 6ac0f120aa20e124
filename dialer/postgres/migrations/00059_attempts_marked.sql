-- +goose Up

-- A call bears a mark from when it is reserved or comes in, that only who has the installation's secret can make: one that was written by SQL is ended, by
-- whoever finds it, as one that was never dialled, and without a seal. Those that are open now are marked once.
ALTER TABLE attempts ADD COLUMN mark bytea;
INSERT INTO rows_marked (what, at) SELECT 'attempt', now() WHERE NOT EXISTS (SELECT FROM attempts WHERE ended_at IS NULL);

-- What the mark is about stays, as far as 00054 does not keep it: or a call that is up could be made one of nobody's.
CREATE TRIGGER attempts_begun BEFORE UPDATE OF mark, sample, desk, node, node_epoch ON attempts
  FOR EACH ROW WHEN (OLD.mark IS NOT NULL AND ((OLD.mark, OLD.sample, OLD.node, OLD.node_epoch) IS DISTINCT FROM (NEW.mark, NEW.sample, NEW.node, NEW.node_epoch)
    OR OLD.direction = 'outbound' AND OLD.desk IS DISTINCT FROM NEW.desk))
  EXECUTE FUNCTION refuse_change();

-- For who asks whether there were such.
CREATE INDEX attempts_foreign ON attempts (id) WHERE rule = 'foreign';

-- +goose Down
DROP INDEX attempts_foreign;
DROP TRIGGER attempts_begun ON attempts;
ALTER TABLE rows_marked DISABLE TRIGGER USER;
DELETE FROM rows_marked WHERE what = 'attempt';
ALTER TABLE rows_marked ENABLE TRIGGER USER;
ALTER TABLE attempts DROP COLUMN mark;
