create schema if not exists customers;

-- A link in a mail that signs in by itself: a proof like the others, good for fifteen minutes.
-- squawk-ignore ban-drop-constraint
alter table customers.proof drop constraint proof_purpose_known;
alter table customers.proof add constraint proof_purpose_known
    check (purpose in ('reset', 'verify', 'change_email', 'undo_email', 'sign_in')) not valid;
