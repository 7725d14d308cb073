customers-title = Customers
customers-add = Add a customer
customers-search-hint = Name, domain, tag or contact
customers-column-name = Customer
customers-column-move = Whose move
customers-column-state = State
customers-column-since = Since
customers-column-steps = Steps
customers-column-requests = Open requests
customers-column-expiry = Next expiry
customers-column-manager = Account manager
customers-column-age = Last read
customers-steps = { $done } of { $total }
customers-mine = Mine
customers-paused = Paused
customers-tag = Tag
customers-tags = Tags
customers-tags-help = Separated by commas; at most 12 of 40 characters. Tags can be searched and filtered.
customers-tags-too-many = At most 12 tags fit. Remove some.
customers-tags-too-long = A tag has at most 40 characters. Shorten it.
customers-sort = Sort
customers-sort-mine = My customers first
customers-sort-name = Name
customers-sort-since = Waiting longest
customers-sort-expiry = Expires soonest
customers-filter-any = Any
customers-filter-me = Me
customers-filter-pause = Pause
customers-filter-paused = Paused
customers-filter-not-paused = Not paused
customers-none = No customers yet
customers-none-what = Add the first one by his domain; you see what was found before anything is saved.
customers-none-found = No customer fits
customers-none-found-what = Change the filter, or show all customers again.
customers-show-all = Show all
customers-never-read = never
customers-state-new = New
customers-state-consent-wanted = Waits for consent
customers-state-reading = Being read
customers-state-blocked = Blocked
customers-state-questions-open = Questions open
customers-state-plan-ready = Plan to approve
customers-state-operator-wanted = Waits for consent to write
customers-state-running = Being set up
customers-state-manual-step = Step by hand
customers-state-failed = Step failed
customers-state-onboarded = Onboarded
customers-state-drifted = Drifted
customers-state-consent-lost = Consent lost
customers-next-send-link = Send the customer the consent link for reading.
customers-next-consent = The customer's administrator opens the consent link.
customers-next-consent-again = Consent for reading is gone. Send a new link and ask the customer's administrator why.
customers-add-lead = Type one of the customer's domains or his Entra tenant id. Only Microsoft's public sign-in document is read now.
customers-add-domain = Domain or Entra tenant id
customers-add-domain-help = For example the part after the @ of an address of his. A wrong directory would break every link, so you see what was found before it is saved.
customers-add-find = Look up
customers-add-this = Add this customer
customers-found = Is this the customer?
customers-found-lead = Compare the Entra tenant id with what the customer told you.
customers-domain = Domain
customers-region = Region
customers-told-name = Name at Microsoft
customers-name = Name in this portal
customers-name-help-verified = Shown on every page. You may choose another than Microsoft's.
customers-name-help-unverified = The name could not be read before consent; it is marked unverified until it was.
customers-name-wrong = A name has 1 to 200 characters.
customers-refused-malformed = This is neither a domain nor an Entra tenant id. A domain has a dot and no blank, as the part after the @ of a mail address.
customers-refused-no-such-tenant = Microsoft knows no directory of this domain or id. Check the spelling with the customer.
customers-refused-another-cloud = This directory is in another Microsoft cloud ({ $cloud }). This portal cannot serve it.
customers-refused-unreachable = Microsoft's sign-in does not answer just now. Nothing was saved; try again in a minute.
customers-refused-ours = This directory is already a customer of yours. Search for it in the list; if you do not see it, ask your administrator for the view.
customers-tabs = Pages of this customer
customers-tab-overview = Overview
customers-tab-onboarding = Onboarding
customers-tab-consent = Consent
customers-tab-requests = Requests
customers-tab-details = Details
customers-check-now = Read now
customers-paused-by = Since { $at } by { $by }:
customers-go-on = Go on
customers-links = Request links
customers-links-none = The packages are not there yet; their links appear here.
customers-links-lead = Durable: they stay the same for every later analyst.
customers-link-open = Open in My Access
customers-link-dead = Package is gone
customers-portals = In the customer's directory
customers-portal-my-access = My Access: requests and approvals
customers-portal-defender = Defender portal
customers-portal-entra = Entra admin center
customers-consents = Consent
customers-consents-none = Not checked yet.
customers-people = People and notes
customers-notes = Notes
customers-edit = Edit
customers-contacts = Contacts at the customer
customers-contact = Contact
customers-contact-name = Name
customers-contact-role = Function
customers-contact-mail = E-mail
customers-contact-phone = Phone
customers-pause = Pause
customers-pause-lead = A paused customer is not read and nothing is applied. He stays in every list, with your reason.
customers-pause-reason = Reason
customers-pause-reason-help = Everybody who sees this customer reads it.
customers-pause-reason-missing = Say why, so that colleagues need not ask.
customers-pause-now = Pause this customer
customers-resume = End the pause
customers-consent-title = Consent of the customer
customers-consent-lead = The customer's administrator opens the link in his own browser and sees exactly these permissions. What counts is what Microsoft's token endpoint then says.
customers-consent-permissions = Permissions this asks for
customers-consent-missing-list = Missing:
customers-consent-make-link = Make a consent link
customers-consent-link-made = Here is the link.
customers-consent-link-once = It is good for 14 days. It is shown until you leave this page; afterwards only a new one can be made.
customers-consent-link-open = A link is out until { $until }. It is shown only when it is made.
customers-consent-mail-ready = Mail text to copy
customers-consent-mail-reader = Dear administrator of { $customer },

    { $provider } asks for your consent to its reader app. The app reads what is set up in your directory for our analysts and which requests for access wait. It changes nothing.

    Please open this link as Global Administrator or Privileged Role Administrator, read the permissions and accept. The link is good for 14 days:
    { $link }

    Kind regards,
    { $provider }
customers-consent-mail-operator = Dear administrator of { $customer },

    { $provider } asks for your consent to its operator app. With it we apply the plan we approved: groups, a connected organization, a catalog and access packages, through which our analysts ask for access and lose it again. The app is needed only while that is done.

    Please open this link as Global Administrator or Privileged Role Administrator, read the permissions and accept. The link is good for 14 days:
    { $link }

    As soon as we tell you that the plan is applied, please remove the app again: Entra admin center, Enterprise applications, the app, Properties, Delete. What was set up stays.

    Kind regards,
    { $provider }
customers-consent-checked = checked { $age }
customers-consent-remove = Nothing needs writing between runs: ask the customer's administrator to delete this app again.
customers-consent-remove-link = The app in his Entra admin center
customers-consent-unknown = Not checked
customers-consent-missing = Not given
customers-consent-partial = Incomplete
customers-consent-granted = Given
customers-consent-lost = Withdrawn
customers-consent-rests = Not needed now
customers-app-reader = Reader app
customers-app-reader-what = Enough to see what is there, follow requests and warn. It changes nothing.
customers-app-operator = Operator app
customers-app-operator-what = Needed only while a plan is applied. Afterwards the customer removes it again; reading only is a healthy state.
customers-app-not-ready-title = App not set up
customers-app-not-ready-what = This app of your provider has no client id or certificate yet, so no link can be made.
customers-app-not-ready-fix = It is your administrator's move: finish the app under Admin.
customers-thanks = Thank you
customers-thanks-declined-title = Nothing was accepted
customers-thanks-what = Your provider's portal now checks the consent with Microsoft. There is nothing else to do here.
customers-thanks-declined = Nothing was changed either. If that was not meant, open the link again.
customers-thanks-close = You can close this window.
customers-next-reading = The directory is being read; the plan follows.
customers-domain-unknown = Not known yet.
customers-domain-unknown-why = The customer's own directory tells it as soon as he has consented to reading; the link into his My Access follows.
customers-contacts-too-many = At most 20 contacts fit. Leave some out; nothing was saved.
customers-contacts-too-long = Each field holds at most 120 characters. Shorten it; nothing was saved.
customers-contacts-no-name = A contact needs a name. Fill it in, or empty the whole row; nothing was saved.
customers-contacts-mail-wrong = One of these is not a mail address. Correct it or leave it empty; nothing was saved.
customers-domain-unknown-row = domain not known yet
customers-name-missing = Give him a name: neither his name nor a domain of his could be read before consent.
customers-consent-since = for { $span }
customers-next-consent-declined = The customer's administrator declined. Ask what was unclear, then send the link again.
customers-consent-declined-on = Declined on { $at }.
customers-refused-sign-in = This is the directory that your own staff sign in with. A customer is somebody else's: it was not added.
customers-refused-analysts = This is the directory of your own analysts, who ask for access to customers. It cannot be a customer: it was not added.
customers-thanks-already = The consent was already proven with Microsoft. There is nothing else to do here.
customers-thanks-unknown = This link is not known
customers-thanks-unknown-what = It belongs to no open consent link, or is older than 14 days, so nothing is checked. Ask your provider for a new link.
customers-thanks-noted = Your provider has been told that the consent was declined.
customers-app-approver = Approver app
customers-app-approver-what = Lets an approver decide here on this customer's requests, with his own account. By itself the app may do nothing.
customers-consent-mail-approver = Dear administrator of { $customer },

    { $provider } asks for your consent to its approver app. With it our approvers decide on requests for access in our portal, each with his own account and only where you have made him an approver. By itself the app may do nothing in your directory.

    Please open this link as Global Administrator or Privileged Role Administrator, read the permissions and accept. The link is good for 14 days:
    { $link }

    Kind regards,
    { $provider }
