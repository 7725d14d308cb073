-- A run keeps what was approved besides its plan; each of its steps keeps which writes may have happened.

-- The facts that decide what is written, as they were at the approval. Null: started by a portal that kept none.
alter table run add column facts jsonb;

-- By what is written ('catalog', 'role', …): when it was sent, and whether an answer came.
alter table run_step add column sent jsonb not null default '{}';
