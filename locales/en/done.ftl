done-customer-added = The customer was added. Next: send him the consent link.
done-saved = Saved.
done-paused = Paused. Background work for this customer has stopped.
done-resumed = The pause has ended; the customer is being read.
done-reading = The customer is being read now.
done-certificate-made = A new key and certificate were made. Download the .cer and upload it to Entra.
done-checked = The check has run.
