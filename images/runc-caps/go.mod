module reddit-reco/images/runc-caps

go 1.22
