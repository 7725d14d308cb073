alerts-title = Alerts
alerts-lead = Alerts of Defender that changed in the last 30 days or since this portal reads them, and are not resolved. What they say and what is done about them stands in the customer's Defender.
alerts-open = Open Defender
alerts-severity = Severity
alerts-severity-high = High
alerts-severity-medium = Medium
alerts-severity-low = Low
alerts-severity-informational = Informational
alerts-severity-unknown = Unknown
alerts-new = New
alerts-open-count = Open
alerts-oldest = Oldest
alerts-last = Last new alert
alerts-read = Read
alerts-none = No open alerts
alerts-none-what = Nothing is open in this customer's Defender.
alerts-unread = Not read yet
alerts-unread-what = His alerts are read as soon as the customer has consented to reading.
alerts-closed = Not opened to us
alerts-closed-what = The customer's consent does not hold SecurityAlert.Read.All, so his alerts are not counted. Send him the consent link again if you want them; everything else goes on.
alerts-column = Alerts
alerts-cell = { $high ->
    [0] { $open }
   *[other] { $open } ({ $high } high)
}
alerts-cell-closed = not opened
