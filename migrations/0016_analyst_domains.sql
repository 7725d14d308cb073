-- Mail domains of the analysts beside the one that customers' connected organizations are made by: those that Admin
-- named, and those that the reader app found verified in the analysts' directory. In small letters.
alter table provider
    add column analyst_mail_domains text[] not null default '{}',
    add column analyst_verified_domains text[] not null default '{}';
