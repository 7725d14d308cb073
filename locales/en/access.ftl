access-title = Access
access-parts = Views of access
access-people = People
access-people-tab = People
access-expiring = Expiring
access-calendar = Calendar
access-reviews = Reviews
access-matrix = Matrix
access-links = Links
access-leavers = Leavers
access-people-lead = Everybody with access to a customer. One person is one row, whatever his accounts at the customers are called.
access-search-hint = Name or address
access-who = Who
access-who-ours = Our analysts
access-who-others = Others
access-sort-name = Name
access-sort-end = Ends first
access-sort-customers = Most customers
access-column-person = Person
access-column-customers = Customers
access-column-held = Packages
access-column-next-end = First end
access-column-customer = Customer
access-column-package = Access package
access-column-since = Since
access-column-ends = Ends
access-column-review = Review due
access-column-state = State
access-column-ended = Ended
access-column-decide = Extension
access-no-end = no end
access-other = not from our directory
access-people-none = Nobody has access yet
access-people-none-what = As soon as somebody's request is delivered at a customer, he stands here with the customers he has access to.
access-none-found = Nobody fits
access-none-found-what = Change the filter, or show everybody again.
access-held-none = Nothing is held
access-held-none-what = He holds no package at the customers you see.
access-ended-none = Nothing has ended
access-ended-none-what = Access that ends is kept here.
access-show-held = What he has
access-show-ended = What has ended
access-same-day = as the end
access-review-open = in review now
access-extension = Extension asked
access-extension-left = Extension asked: { $left }
access-extension-decide = Decide
access-state-delivered = Delivered
access-state-delivering = Being delivered
access-state-partiallydelivered = Partly delivered
access-state-deliveryfailed = Delivery failed
access-state-expired = Ended
access-person-who = Who he is
access-person-who-lead = Accounts are put together by their address inside our own organisation. Nobody gets access by it. Whoever removes a person everywhere removes all of his accounts, and is shown each of them before.
access-person-alone = He is not from our directory, so he is matched with nobody.
access-everywhere = at every customer
access-at = at { $customer }
access-said = { $who } said so on { $at }: “{ $why }”
access-split = This is somebody else
access-split-lead = An account that is somebody else's becomes a person of his own.
access-split-which = Which account
access-merge = The same person
access-merge-lead = Look for the other entry. Everything of his, now and later, then stands here.
access-merge-this = Join with this one
access-why = Reason
access-why-missing = Say why; it is kept in the audit log.
access-refused = This cannot be said from here
access-refused-view = Who is who holds for every customer, and you see only some of them.
access-links-of = Links for this person
access-leave = Remove everywhere
access-leave-lead = Everything below ends: { $count ->
    [one] one package
   *[other] { $count } packages
    } at the customers you see. Nothing is undone by itself; who needs access again must ask for it.
access-leave-how = Where the customer has consented to the operator app, the portal removes it and then reads whether it is gone. Elsewhere the record says exactly what the customer's administrator must do, and the portal sees when he has, if it may read there. What comes to him in the next 30 days, or was asked for before, is removed too.
access-leave-called-lead = His customers do not all call him the same. Make sure that this is who you mean.
access-leave-called = { $who }: { $customers ->
    [one] one customer
   *[other] { $customers } customers
}
access-leave-limited = Only the customers that you see are concerned. Ask somebody who sees all for the others.
access-leave-more = And more on the person's page; they are removed too.
access-leave-type = Type { $address } to confirm
access-leave-typed-wrong = That is not what stands above. Nothing was removed.
access-leave-now = Remove all of it
access-leave-nothing = Nothing to remove
access-leave-nothing-what = He holds nothing at the customers you see, or his removal is under way already.
access-leave-nothing-fix = See Access › Leavers for what is under way.
access-leaver-told = Removal begun on { $at }: { $done } of { $all } gone
access-leavers-lead = People who were removed everywhere, and how far each removal is. Each has a record to hand over.
access-leavers-none = Nobody was removed yet
access-leavers-none-what = Open a person under People and choose Remove everywhere.
access-column-started = Begun
access-column-by = By
access-column-progress = Gone
access-column-left = Left
access-progress = { $done } of { $all }
access-left-customer = { $count } with the customer
access-left-failed = { $count } refused
access-record = Record of removal
access-record-why = Reason
access-record-started = Begun
access-record-printed = As of
access-record-done = Everything is gone, and was seen to be gone.
access-record-left = { $count ->
    [one] One package is not gone yet.
   *[other] { $count } packages are not gone yet.
    }
access-record-again = Look again now
access-column-removal = Removal
access-column-asked = Asked
access-column-verified = Seen to be gone
access-looked = looked { $age }
access-removal-waiting = Waits to be removed
access-removal-sending = Sent; the answer is awaited
access-removal-asked = Microsoft is removing it
access-removal-by-customer = The customer must remove it
access-removal-failed = Refused by Microsoft
access-removal-verified = Gone
access-way-portal = by the portal
access-way-customer = by the customer
access-way-elsewhere = was gone already
access-steps = What the customer must do
access-steps-lead = He has consented to reading only. Send his administrator this text; the portal sees when it is done.
access-steps-one = Microsoft Entra admin center › ID Governance › Entitlement management › Access packages › { $package } › Assignments: select { $who }, Remove.
access-steps-mail = { $who } has left us. Please end this access in your directory: open the Microsoft Entra admin center (entra.microsoft.com), ID Governance, Entitlement management, Access packages. Open each of these packages, and under Assignments select the account that stands with it and choose Remove: { $packages }.
access-column-account = Account
access-leave-requests = Asked for, and still open
access-leave-requests-lead = Deny what waits for a decision: approved, it gives access again. What is approved already cannot be denied any more; as soon as it is there the portal removes it too. The record is not done while one of these is open.
access-record-asked = { $count ->
    [one] One request is still open.
   *[other] { $count } requests are still open.
    }
access-record-part = Begun by somebody who sees only some customers: it concerns these alone.
access-record-view = Only the customers that you see are listed.
access-record-hidden = More is open at others.
access-left-hidden = { $count } at customers that you do not see
access-removal-paused = Not removed: the customer is paused
access-removal-unseen = The portal may not read this directory: it cannot see whether this is gone. Have the customer confirm it.
access-steps-lead-unseen = The portal has no consent there: it can neither remove it nor see whether it is gone. Send his administrator this text.
access-steps-lead-paused = The customer is paused: the portal removes and reads nothing there. Send his administrator this text, or end the pause.
access-steps-mail-seen = We see in our portal when it is done; you need not answer.
access-steps-mail-unseen = Please tell us when it is done: we cannot see it ourselves.
access-still-ends = ends by itself on { $date }
access-expiring-lead = Access that ends, the nearest end first. Who needs it longer asks for an extension in My Access; where one is asked, it stands here.
access-within = Within { $days } days
access-within-all = All ends
access-on = Ends in { $when }
access-expiring-none = Nothing ends in this time
access-expiring-none-what = Access is given for a limited time; as soon as an end comes within it, it stands here.
access-calendar-lead = How much access ends in each month. A month leads to its days.
access-chart = Access that ends, month by month
access-month-ends = { $count ->
    [one] one end
   *[other] { $count } ends
    }
access-month-reviews = { $count ->
    [one] one review due
   *[other] { $count } reviews due
    }
access-month-list = List of this month
access-month-before = Month before
access-month-after = Month after
access-weekday-1 = Mon
access-weekday-2 = Tue
access-weekday-3 = Wed
access-weekday-4 = Thu
access-weekday-5 = Fri
access-weekday-6 = Sat
access-weekday-7 = Sun
access-today = today
access-reviews-lead = Rounds in which access is reviewed, at every customer. Reviewers decide in the customer's My Access; what nobody decides ends as the policy says.
access-rounds-show = Rounds
access-rounds-open = Open or coming
access-rounds-over = Over
access-column-due = Due
access-column-decided = Decided
access-rounds-none = No round is open
access-rounds-none-what = A round stands here as soon as Microsoft has begun it, by the policy's schedule.
access-rounds-none-over = No round is over yet
access-round-begins = begins { $date }
access-round-open = Review in My Access
access-round-denied = { $count } to be removed
access-round-gone = no longer listed
access-round-initializing = Being prepared
access-round-notstarted = Not begun
access-round-starting = Begins
access-round-inprogress = Open
access-round-completing = Being closed
access-round-completed = Over
access-round-autoreviewing = Decisions are carried out
access-round-autoreviewed = Over
access-round-applied = Carried out
access-round-people = People in this round
access-round-people-none = Who is reviewed is not known yet
access-round-people-none-what = It is read once the round has begun.
access-column-verdict = Decision
access-column-recommendation = Recommended
access-column-reason = Reason
access-verdict-approve = Keeps access
access-verdict-deny = Loses access
access-verdict-notreviewed = Not decided
access-verdict-dontknow = Do not know
access-verdict-noinfoavailable = no recommendation
access-matrix-lead = Each customer with each package of the blueprint: whether it is there as agreed, and how many people hold it.
access-matrix-none = No customer yet
access-matrix-none-what = Add the first one under Customers.
access-matrix-others = { $count ->
    [one] and one package of an earlier blueprint
   *[other] and { $count } packages of an earlier blueprint
    }
access-stands-present = There
access-stands-differs = Differs
access-stands-missing = Missing
access-stands-unknown = Not read
access-cell-people = { $count ->
    [one] one person
   *[other] { $count } people
    }
access-links-lead = Which packages of which customers somebody has, has asked for, or still has to ask for, with the durable links. Print it, or send him the address of this page's links.
access-links-address = Address of the analyst
access-links-show = Show
access-links-choose = Choose an analyst
access-links-choose-what = Type the address he asks from. He need not have access anywhere yet: a joiner starts here.
access-links-known = People with access
access-links-all = Everything
access-links-missing = Only what he must ask for
access-links-approvers = With the approvers' package
access-links-progress = Has { $done } of { $all } packages
access-links-none = No link fits
access-links-none-what = Links appear once a customer's packages are made. If only what is missing is shown, nothing is missing.
access-links-as-of = As of { $at }
access-has = Has it
access-choice = { $label } ({ $count })
access-has-until = Has it until { $date }
access-asked = Asked
access-asked-until = Asked; decided by { $date }
access-to-ask = To ask for
access-link-dead = The link leads nowhere any more
access-link-ask = Ask for it
access-of-customer-lead = Who has access at this customer, until when, and when it is reviewed.
access-of-customer-none = Nobody has access here
access-of-customer-none-what = As soon as a request is delivered, or somebody is found to hold a package of ours, he stands here.
access-of-customer-ended = Access that ended
access-warnings = Warnings
access-warnings-all = All warnings
access-warning-approvers-empty-what = Nobody can decide on requests: the approvers' group has no member.
access-warning-approvers-empty-fix = Have two of our people ask for the approvers' package; the customer's administrator decides on it.
access-warning-approver-last-what = After { $date } nobody can decide on requests any more: the access of { $names } ends.
access-warning-approver-last-fix = Have him, or one of them, ask for an extension of the approvers' package in My Access now; the customer's administrator decides on it.
access-warning-approvers-few-what = Only { $names } can decide on requests, and nobody may decide on his own.
access-warning-approvers-few-fix = Have a second of our people ask for the approvers' package.
access-warning-guest-blocked-what = { $names } cannot sign in there: his account was blocked when his last access ended.
access-warning-guest-blocked-fix = If he is to have access again, the customer's administrator must enable his account first; a blocked guest cannot ask.
access-warning-since = since { $date }
access-own-ending = { $count ->
    [one] Your own access as an approver ends soon at one customer.
   *[other] Your own access as an approver ends soon at { $count } customers.
    }
access-own-ending-fix = Ask for an extension in each customer's My Access before it ends.
access-own-ends = ends on { $date }
access-warnings-lead = Customers where access, or the power to give it, is about to be lost, with what to do.
access-warnings-kind = Warning
access-warnings-fix = What to do
access-warnings-none = Nothing warns
access-warnings-none-what = Whenever approvers become too few, or somebody cannot come in again, it stands here.
access-warning-approvers-empty = No approver
access-warning-approver-last = Last approver ends
access-warning-approvers-few = One approver only
access-warning-guest-blocked = Guest blocked
access-export = Take away as CSV
access-column-extension-until = Extension decided by
