-- +goose Up

-- The mark of the secret that number_ref and case_ref were made with: an HMAC of a constant. With another secret no
-- number lock, do-not-call entry or proof would join up with what is there, and nothing would say so.
CREATE TABLE reference_secret (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    mark     text NOT NULL
);

-- +goose Down
DROP TABLE reference_secret;
