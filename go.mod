module github.com/ocpihub/ocpihub

go 1.26.0
