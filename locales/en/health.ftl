health-title = Health
health-lead = What the portal does by itself, per kind of work: what fails, why, whose move that is, and how old the data is.
health-causes = What fails, by cause
health-causes-none = Nothing fails.
health-customers = { $count ->
    [one] One customer
    *[other] { $count } customers
    }
health-and-more = and { $count } more
health-failures = { $count ->
    [0] never came to an end
    [one] failed once
    *[other] failed up to { $count } times in a row
    }
health-again = Again now
health-stopped = Stopped
health-stopped-of = { $count } stopped
health-stopped-notice = { $count ->
    [one] One piece of work broke off several times and was stopped. It waits for somebody to start it again.
    *[other] { $count } pieces of work broke off several times and were stopped. They wait for somebody to start them again.
    }
health-show = Show
health-kinds = Work by kind
health-kinds-none = There is no background work yet: add a customer first.
health-column-kind = Work
health-column-customers = Customers
health-column-running = Under way
health-column-failing = Failing
health-column-asleep = Asleep
health-column-late = Late by
health-column-last = Last ended
health-column-cause = Cause and move
health-column-tries = Tries
health-column-next = Next
health-column-requests = Requests read
health-column-directory = Directory read
health-on-time = on time
health-next-in = in { $span }
health-slowest = Oldest data
health-slowest-lead = The customers whose requests were read longest ago, of those that consented to reading and are not paused.
health-slowest-none = No customer has consented to reading yet.
health-rows = Work that fails or stopped
health-rows-none-what = Whatever failed has come through meanwhile.
health-kind-consent = Consent check
health-kind-consent-what = Proves at Microsoft's token endpoint that the consent stands.
health-kind-observe = Reading the directory
health-kind-observe-what = Reads what is in the customer's directory, compares it with the blueprint and finds drift.
health-kind-run = Applying plans
health-kind-run-what = Carries out approved plans step by step.
health-kind-requests = Reading requests
health-kind-requests-what = Reads every 45 seconds which requests wait for a decision.
health-cause-internal-what = The portal met an unknown error of its own.
health-cause-internal-whose = We have to act.
health-cause-internal-fix = The portal tries again by itself. If it stays, look into the portal's own log at the time shown.
health-cause-too-long-what = Reading this customer took more than half an hour and was broken off.
health-cause-too-long-whose = Nobody has to act yet.
health-cause-too-long-fix = The portal begins anew by itself. If it stays, look at Microsoft's service health and at this customer's size.
health-cause-crashed-what = The work broke off in the middle.
health-cause-crashed-whose = We have to act.
health-cause-crashed-fix = After five times it is stopped. Look into the portal's own log, then start it again here.
health-cause-unknown-what = The work ended without telling a cause.
health-cause-unknown-whose = We have to act.
health-cause-unknown-fix = Look into the portal's own log, then start it again here.
health-kind-consent-reader = Consent: reading
health-kind-consent-operator = Consent: writing
health-kind-step = Steps of a plan
health-unknown = Codes nobody here knows
health-unknown-lead = Microsoft refused with a code that the portal cannot explain. Look it up, or give the code and the request id to Microsoft; tell the makers of the portal, so that it is explained here.
health-column-code = Code
health-column-seen = Seen
health-column-call = Last call
health-column-seen-last = Last time
health-seen = { $count ->
    [one] once
    *[other] { $count } times
    }
health-request = Request
health-standing = Customers that cannot go on
health-standing-lead = Counted by what keeps them: nothing is read, or nothing more is done, until that is gone.
health-standing-none = No customer is kept by anything.
health-standing-paused-what = Paused: nothing is read and nothing is applied until somebody ends the pause.
health-standing-new-what = The consent link has not been sent, so nothing can be read yet.
health-standing-consent-wanted-what = Consent for reading was never given, so nothing can be read yet.
health-standing-consent-lost-what = Consent for reading was withdrawn: what is shown of them is no longer kept up to date.
health-standing-blocked-what = The plan is blocked by something in the customer's directory.
health-standing-failed-what = A step of the plan failed; the run waits.
health-kind-endings = Known ends
health-kind-endings-what = Warns of access that ends and of approvers about to be lost, by what is known, also while reading fails.
health-kind-leave = Removing people who leave
health-kind-leave-what = Ends what they hold at the customer and looks until it is gone.
health-sync = How customers are read
health-sync-lead = Per customer and part: when it was read last, when it comes next, and why it is late.
health-sync-filter = Which customers
health-sync-all = All
health-sync-failing = Failing
health-sync-throttled = Throttled
health-sync-late = Late
health-sync-asleep = Not read
health-sync-none = No customer is so
health-sync-none-what = Choose another filter, or add a customer first.
health-kind-decisions = Settling decisions
health-kind-decisions-what = Finds out what became of a decision whose answer from Microsoft did not come.
health-kind-notices = Notices
health-kind-notices-what = Holds what happened against the rules, and tells again of requests whose time runs out.
