done-customer-added = De klant is toegevoegd. Nu: stuur de toestemmingskoppeling.
done-saved = Bewaard.
done-paused = Gepauzeerd. Het achtergrondwerk voor deze klant is gestopt.
done-resumed = De pauze is voorbij; de klant wordt gelezen.
done-reading = De klant wordt nu gelezen.
done-certificate-made = Er zijn een nieuwe sleutel en een nieuw certificaat gemaakt. Download de .cer en upload die naar Entra.
done-checked = De controle is uitgevoerd.
