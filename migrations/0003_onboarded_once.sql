-- When a customer was onboarded first. Whatever his state is later, what differs from then on is drift.
alter table customer add column onboarded_at timestamptz;
update customer set onboarded_at = since where state in ('onboarded', 'drifted');
