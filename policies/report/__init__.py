"""What a preview comes to, for whoever has to say yes to it: resources, findings, cost, quotas, licences."""
