requests-title = Requests
requests-lead = What waits for a decision at every customer you see, least time left first. You decide in the customer's own My Access.
requests-waiting = { $count ->
    [one] One request waits for a decision.
    *[other] { $count } requests wait for a decision.
    }
requests-column-left = Time left
requests-column-customer = Customer
requests-column-package = Access package
requests-column-requestor = Requestor
requests-column-reason = Reason
requests-column-age = Read
requests-column-decide = Decide
requests-column-state = Outcome
requests-column-asked = Asked
requests-column-ended = Ended
requests-asked = asked
requests-no-reason = none given
requests-choice = { $label } ({ $count })
requests-open = Open My Access
requests-own = Your own request, asked as { $address }: Microsoft lets nobody decide on that. Ask another approver.
requests-how = My Access opens in the customer's directory. Choose Approvals there, then the tab Pending.
requests-end-unknown = end not known
requests-pressure-calm = more than half of the time is left
requests-pressure-soon = less than half of the time is left
requests-pressure-last-day = last day; then it is denied by itself
requests-pressure-over = Microsoft denies it now
requests-pressure-unknown = the policy has not been read
requests-none = Nothing waits for a decision
requests-none-what = As soon as somebody asks for access at a customer, the request stands here within a minute.
requests-none-found = No request fits
requests-none-found-what = Change the filter, or show all requests again.
requests-unread = { $count ->
    [one] Not up to date for { $names }. The list may lack requests.
    *[other] Not up to date for { $count } customers ({ $names }). The list may lack requests.
    }
requests-unread-why = Why?
requests-decided = Ended
requests-decided-lead = The last requests that wait no longer. Who decided is told in the customer's own audit log.
requests-state-submitted = Submitted
requests-state-delivering = Being delivered
requests-state-delivered = Delivered
requests-state-partiallydelivered = Partially delivered
requests-state-deliveryfailed = Delivery failed
requests-state-denied = Denied
requests-state-canceled = Withdrawn
requests-state-scheduled = Scheduled
requests-state-gone = No longer in the directory
requests-stale = not up to date
requests-type-add = New access
requests-type-extend = Extension
requests-type-remove = Give back
requests-type-add-for = New access, asked by somebody else
requests-type-change-for = Change by an administrator
requests-type-remove-for = Removal by somebody else
requests-maybe-own = Is this you?
requests-maybe-own-say = Say so
requests-nobody-there = Nobody has said who you are in the analysts' directory, so your own requests cannot be marked.
requests-nobody-there-say = Say it
requests-no-domain = No domain of this customer is known yet, so no link can be made.
requests-theirs = The customer's administrator decides this one.
requests-sign-in-as = In My Access sign in as { $address }, your account in the analysts' directory.
requests-sign-in-there = In My Access sign in with your account of the analysts' directory, …@{ $domain }.
requests-unread-consent = Consent for reading was withdrawn.
requests-unread-late = It is read late; the cause is not known yet.
