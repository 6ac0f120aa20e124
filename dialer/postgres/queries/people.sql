-- name: UserByLogin :one
SELECT * FROM users WHERE lower(login) = lower(@login::text);

-- name: UserByID :one
SELECT * FROM users WHERE id = @id;

-- name: Users :many
SELECT * FROM users ORDER BY lower(login);

-- name: PutUser :one
INSERT INTO users (id, login, name, role, password_hash, disabled, created_at, languages, must_change, directory, directory_name,
  changed_at)
VALUES (@id, @login, @name, @role, @password_hash, @disabled, @created_at, @languages::text[], @must_change, @directory, @directory_name, @changed_at)
ON CONFLICT (lower(login)) DO UPDATE SET login = EXCLUDED.login, name = EXCLUDED.name, role = EXCLUDED.role,
  password_hash = EXCLUDED.password_hash, disabled = EXCLUDED.disabled, languages = EXCLUDED.languages, must_change = EXCLUDED.must_change,
  directory = EXCLUDED.directory, directory_name = EXCLUDED.directory_name,
  changed_at = greatest(EXCLUDED.changed_at, users.changed_at + interval '1 microsecond')
RETURNING id, changed_at;

-- name: UserByDirectory :one
SELECT * FROM users WHERE directory = @directory AND directory_name = @directory_name AND directory_name <> '';

-- name: LockAdmins :exec
SELECT pg_advisory_xact_lock(hashtext('kakeru first administrator'));

-- name: HasAdmin :one
SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND NOT disabled);

-- name: HasOtherAdmin :one
SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND NOT disabled AND id <> @id);

-- name: MarkUser :exec
UPDATE users SET mark = @mark WHERE id = @id;

-- name: PeopleAreMarked :one
SELECT EXISTS (SELECT 1 FROM people_marked);

-- name: NotePeopleMarked :exec
INSERT INTO people_marked (at) VALUES (@at);

-- name: AddUser :execrows
INSERT INTO users (id, login, name, role, password_hash, disabled, created_at, languages, must_change, directory, directory_name,
  changed_at)
VALUES (@id, @login, @name, @role, @password_hash, @disabled, @created_at, @languages::text[], @must_change, @directory, @directory_name, @changed_at)
ON CONFLICT (lower(login)) DO NOTHING;

-- name: UserToChange :one
SELECT * FROM users WHERE id = @id FOR UPDATE;

-- name: ChangeUser :exec
UPDATE users SET name = @name, role = @role, password_hash = @password_hash, disabled = @disabled, languages = @languages::text[],
  must_change = @must_change, directory = @directory, directory_name = @directory_name, changed_at = @changed_at
WHERE id = @id;

-- name: TouchUser :exec
UPDATE users SET changed_at = @changed_at, mark = @mark WHERE id = @id;

-- name: FindSession :one
SELECT data FROM sessions WHERE token_hash = @token_hash AND expires_at > @now AND NOT ended;

-- name: PutSession :exec
INSERT INTO sessions (token_hash, data, expires_at) VALUES (@token_hash, @data, @expires_at)
ON CONFLICT (token_hash) DO UPDATE SET data = EXCLUDED.data, expires_at = EXCLUDED.expires_at WHERE NOT sessions.ended;

-- name: DescribeSession :exec
UPDATE sessions SET user_id = @user_id::uuid, created_at = @created_at::timestamptz, seen_at = @created_at::timestamptz,
  address = @address, agent = @agent, half = @half
WHERE token_hash = @token_hash;

-- name: SessionsOf :many
SELECT token_hash, user_id::uuid AS user_id, created_at::timestamptz AS created_at, seen_at::timestamptz AS seen_at, address, agent
FROM sessions
WHERE NOT ended AND NOT half AND expires_at > @now::timestamptz AND user_id IS NOT NULL
  AND (@user_id::text = '' OR user_id::text = @user_id::text)
ORDER BY seen_at DESC, token_hash;

-- name: EndSessionOf :execrows
UPDATE sessions SET ended = true, data = '' WHERE token_hash = @token_hash AND NOT ended AND (@user_id::text = '' OR user_id::text = @user_id::text);

-- name: EndSessionsOf :exec
UPDATE sessions SET ended = true, data = '' WHERE user_id = @user_id::uuid AND token_hash <> @but AND NOT ended;

-- name: EndOldSessions :exec
UPDATE sessions SET ended = true, data = '' WHERE token_hash IN (
  SELECT token_hash FROM sessions
  WHERE user_id = @user_id::uuid AND NOT ended AND NOT half AND expires_at > @now::timestamptz
  ORDER BY created_at DESC, token_hash OFFSET @most::int);

-- name: LiveSessions :many
SELECT token_hash FROM sessions WHERE token_hash = ANY(@token_hashes::bytea[]) AND NOT ended AND expires_at > @now::timestamptz;

-- name: SeenSessions :exec
UPDATE sessions SET seen_at = @now::timestamptz WHERE token_hash = ANY(@token_hashes::bytea[]) AND NOT ended;

-- name: DeleteSession :exec
UPDATE sessions SET ended = true, data = '' WHERE token_hash = @token_hash;

-- name: DeleteStaleSessions :exec
DELETE FROM sessions WHERE expires_at <= @now;

-- name: TakeAnswer :execrows
INSERT INTO answers_taken (hash, until) VALUES (@hash, @until) ON CONFLICT (hash) DO NOTHING;

-- name: DeleteStaleAnswers :exec
DELETE FROM answers_taken WHERE until <= @now;

-- name: TOTP :one
SELECT sealed, last_step FROM totps WHERE user_id = @user_id;

-- name: PutTOTP :exec
INSERT INTO totps (user_id, sealed, last_step) VALUES (@user_id, @sealed, @last_step)
ON CONFLICT (user_id) DO UPDATE SET sealed = EXCLUDED.sealed, last_step = EXCLUDED.last_step;

-- name: TakeTOTPStep :execrows
UPDATE totps SET last_step = @step WHERE user_id = @user_id AND last_step < @step;

-- name: DeleteTOTP :exec
DELETE FROM totps WHERE user_id = @user_id;

-- name: CountRecoveryCodes :one
SELECT count(*)::int FROM recovery_codes WHERE user_id = @user_id;

-- name: PutRecoveryCodes :exec
INSERT INTO recovery_codes (user_id, hash) SELECT @user_id::uuid, unnest(@hashes::bytea[]);

-- name: TakeRecoveryCode :execrows
DELETE FROM recovery_codes WHERE user_id = @user_id AND hash = @hash;

-- name: DeleteRecoveryCodes :exec
DELETE FROM recovery_codes WHERE user_id = @user_id;

-- name: Passkeys :many
SELECT * FROM passkeys WHERE user_id = @user_id ORDER BY created_at, id;

-- name: PutPasskey :execrows
INSERT INTO passkeys (id, user_id, name, credential, created_at, used_at) VALUES (@id, @user_id, @name, @credential, @created_at, @used_at)
ON CONFLICT (id) DO UPDATE SET credential = EXCLUDED.credential, used_at = EXCLUDED.used_at WHERE passkeys.user_id = EXCLUDED.user_id;

-- name: UsePasskey :execrows
UPDATE passkeys SET credential = @credential, used_at = @used_at WHERE user_id = @user_id AND id = @id;

-- name: DeletePasskey :execrows
DELETE FROM passkeys WHERE user_id = @user_id AND id = @id;

-- name: DeletePasskeys :exec
DELETE FROM passkeys WHERE user_id = @user_id;

-- name: FactorHolders :many
SELECT user_id::text FROM totps UNION SELECT user_id::text FROM passkeys;
