customers-title = Klanten
