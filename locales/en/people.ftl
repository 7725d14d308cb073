people-title = People
people-lead = Everybody who has signed in for your organisation. Roles are given in Entra; here you choose which customers each sees.
people-search-hint = Name or mail address
people-column-name = Name
people-column-roles = Roles
people-column-sees = Customers in view
people-column-seen = Last sign-in
people-column-state = Entry
people-none = Nobody found
people-none-what = Search for another name. People appear here after their first sign-in.
people-show-all = Show everybody
people-role-admin = Administrator
people-role-onboarding = Onboarding
people-role-approver = Approver
people-role-account-manager = Account manager
people-role-auditor = Auditor
people-no-role = no role: sees nothing
people-sees-all = All customers
people-sees-these = Only the customers below
people-sees-some = { $count ->
    [0] No customer
    [one] One customer
    *[other] { $count } customers
    }
people-enabled = May sign in
people-disabled = Shut out
people-disabled-since = since { $at }:
people-view = Which customers
people-view-lead = What this person does not see, the portal does not show to him anywhere: not in lists, not by address, not in the audit log.
people-oneself = This is you. Another administrator must change this.
people-given = Customers given
people-given-none = None yet.
people-given-idle = Not in force while this person sees all customers.
people-given-others = { $count ->
    [one] And one more that is not shown here.
    *[other] And { $count } more that are not shown here.
    }
people-give = Give a customer
people-give-search = Name, domain or tag of the customer
people-give-one = Give
people-is-given = given
people-take = Take away
people-who = Who
people-mail = Mail address
people-since = First sign-in
people-roles-how = Roles come with the sign-in, as app roles of your sign-in app in Entra. A change there holds from the next sign-in on.
people-entry = Entry
people-disable = Shut out
people-disable-lead = Ends every session of this person now and refuses further sign-ins. Access in customers' directories is not touched: take that away there.
people-enable = Let in again
people-enable-lead = From the next sign-in on.
people-reason = Reason
people-reason-missing = Say why; it stands in the audit log.
people-refused = Not changed
people-refused-oneself = Nobody changes his own view or entry.
people-refused-oneself-fix = Ask another administrator.
people-refused-all = You do not see all customers yourself, so you cannot let somebody else see all.
people-refused-all-fix = Ask an administrator who sees all customers.
people-refused-beyond = This person sees every customer and you do not, so you may not narrow or shut out him.
