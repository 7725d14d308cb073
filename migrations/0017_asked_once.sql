-- Since when Microsoft is being asked to deliver a request once more; null: nobody asks. Two clicks ask once.
alter table access_request add column redelivery_asked_at timestamptz;
