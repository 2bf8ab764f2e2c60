// Command probe is the tests' eye inside a pod: it answers over HTTP what the pod sees.
package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	client := &http.Client{Timeout: 3 * time.Second}
	handle("/name", func(*http.Request) (string, error) { return os.Hostname() })
	handle("/resolve", func(r *http.Request) (string, error) {
		found, err := net.LookupHost(r.FormValue("name"))
		return strings.Join(found, " "), err
	})
	handle("/get", func(r *http.Request) (string, error) {
		answer, err := client.Get(r.FormValue("url"))
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return string(text), err
	})
	handle("/write", func(r *http.Request) (string, error) {
		return "", os.WriteFile(r.FormValue("path"), []byte(r.FormValue("text")), 0o600)
	})
	handle("/read", func(r *http.Request) (string, error) {
		text, err := os.ReadFile(r.FormValue("path"))
		return string(text), err
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func handle(path string, answer func(*http.Request) (string, error)) {
	http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		text, err := answer(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		io.WriteString(w, text)
	})
}
