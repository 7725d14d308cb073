time-month-1 = jan
time-month-2 = feb
time-month-3 = mrt
time-month-4 = apr
time-month-5 = mei
time-month-6 = jun
time-month-7 = jul
time-month-8 = aug
time-month-9 = sep
time-month-10 = okt
time-month-11 = nov
time-month-12 = dec
time-under-a-minute = minder dan een minuut
time-minutes = { $count } min
time-hours = { $count } uur
time-days = { $count ->
    [one] { $count } dag
   *[other] { $count } dagen
}
time-just-now = zojuist
time-ago = { $span } geleden
time-remaining = nog { $span }
time-over = tijd is om
