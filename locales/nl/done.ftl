done-customer-added = De klant is toegevoegd. Nu: stuur de toestemmingskoppeling.
done-saved = Bewaard.
done-paused = Gepauzeerd. Het achtergrondwerk voor deze klant is gestopt.
done-resumed = De pauze is voorbij; de klant wordt gelezen.
done-reading = De klant wordt nu gelezen.
