-- +goose Up

-- Whether the ward ever approved a version: of one that is withdrawn, whether it was in force, or a draft that was rejected.
DROP VIEW script_versions;
CREATE VIEW script_versions AS
SELECT p.*, coalesce(d.state, 'draft')::text AS state, coalesce(d.by_user, '')::text AS decided_by,
  coalesce(d.at, p.at) AS decided_at,
  (EXISTS (SELECT FROM script_decisions a WHERE a.page_id = p.id AND a.state = 'approved'))::boolean AS was_approved
FROM script_pages p LEFT JOIN LATERAL (
  SELECT * FROM script_decisions d WHERE d.page_id = p.id ORDER BY d.state DESC LIMIT 1 -- withdrawn is after approved
) d ON true;

-- +goose Down
DROP VIEW script_versions;
CREATE VIEW script_versions AS
SELECT p.*, coalesce(d.state, 'draft')::text AS state, coalesce(d.by_user, '')::text AS decided_by,
  coalesce(d.at, p.at) AS decided_at
FROM script_pages p LEFT JOIN LATERAL (
  SELECT * FROM script_decisions d WHERE d.page_id = p.id ORDER BY d.state DESC LIMIT 1 -- withdrawn is after approved
) d ON true;
