-- What pages count and choose from over all customers is found by index, and stops at a bound.
create index customer_counted_state on customer (provider_id, state, customer_id) where paused_at is null;
create index customer_counted_move on customer (provider_id, whose_move, customer_id) where paused_at is null;
create index customer_asked on customer (provider_id, sort_name, customer_id) where open_requests > 0;
-- Whose requests were not read since then.
create index work_read on work (provider_id, done_at) where kind = 'requests';
-- Of a package, for the filter of pending requests.
create index access_request_open_package on access_request (provider_id, package, customer_id)
    where state = 'pendingApproval';
create index link_by_package on link (provider_id, package, customer_id);
create index access_request_open_customer on access_request (provider_id, customer_id) where state = 'pendingApproval';
-- What fails or is stopped (kit::work::MAX_ATTEMPTS).
create index work_troubled on work (provider_id, customer_id)
    where due_at is not null and (outcome in ('failed', 'crashed') or attempts >= 5);
